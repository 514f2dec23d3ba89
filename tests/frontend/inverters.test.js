import assert from "node:assert/strict";
import { test } from "node:test";
import { dashboard } from "../../custom_components/energy_site/frontend/strategy/dashboard.js";
import { Home, shownIn, under } from "./home.js";

/** A house with so many inverters, and the mean power of each over the last days in W. */
function house(means, language) {
  const home = new Home({ language });
  const hub = home.hub("House", ["sensor.solar_power", "sensor.inverters_reporting:diagnostic"]);
  const rows = {};
  means.forEach((mean, index) => {
    const unit = home.unit(hub, `Inverter 48229568${String(index).padStart(4, "0")}`, ["sensor.power"]);
    const days = mean === undefined ? [] : [{ mean: mean - 10 }, { mean: mean + 10 }, { mean: null }];
    rows[home.id("sensor.power", unit)] = days;
  });
  home.answers["recorder/statistics_during_period"] = rows;
  return home;
}

async function weakIn(home) {
  const { views } = await dashboard(home);
  const { cards } = under(views[0], "Inverters") ?? { cards: [] };
  const start = cards.findIndex((card) => card.heading === "Weak in the last 7 days");
  if (start < 0) return [];
  return cards
    .slice(start + 1)
    .filter((card) => card.type === "tile")
    .map((card) => [home.devices[home.entities[card.entity].device_id].name, card.name[1].text]);
}

test("inverters that make much less than the middle one over days are named, the weakest first", async () => {
  const home = house([50, 52, 30, 49, 12, 51, 45]);
  assert.deepEqual(await weakIn(home), [
    ["Inverter 482295680004", "24%"],
    ["Inverter 482295680002", "61%"],
  ]);
  const asked = home.asked.find(({ type }) => type === "recorder/statistics_during_period");
  assert.equal(asked.period, "day");
  assert.deepEqual(asked.units, { power: "W" });
  const age = Date.now() - Date.parse(asked.start_time);
  assert.ok(Math.abs(age - 7 * 86_400_000) < 60_000);
});

test("a roof that faces east and one that faces west are both fine", async () => {
  assert.deepEqual(await weakIn(house([50, 51, 52, 41, 42, 43])), []);
});

test("under snow, with two inverters, or without statistics none is weak", async () => {
  assert.deepEqual(await weakIn(house([1, 2, 0.1, 2])), []);
  assert.deepEqual(await weakIn(house([50, 5])), []);
  assert.deepEqual(await weakIn(house([50, 5, undefined])), []);
  const silent = house([50, 5, 50]);
  delete silent.answers["recorder/statistics_during_period"];
  assert.deepEqual(await weakIn(silent), []);
});

test("inverters that don't report are named while they don't", async () => {
  const home = house([50, 50, 50]);
  const { views } = await dashboard(home);
  const filter = under(views[0], "Inverters").cards.find(({ type }) => type === "entity-filter");
  assert.equal(filter.entities.length, 3);
  assert.equal(filter.show_empty, false);
  assert.deepEqual(filter.conditions, [{ condition: "state", state: ["unavailable", "unknown"] }]);
});

test("many inverters have a view of their own, the weakest first", async () => {
  const means = Array.from({ length: 60 }, (_, index) => 100 - index);
  const { views } = await dashboard(house(means));
  assert.deepEqual(
    views.map(({ title, path }) => [title, path]),
    [
      ["House", "house"],
      ["All inverters", "house-inverters"],
    ],
  );
  const [, list] = views[1].sections[0].cards;
  assert.equal(list.entities.length, 60);
  assert.equal(list.entities[0].name, "80059");
  assert.ok(!under(views[0], "Inverters").cards.some(({ type }) => type === "glance"));
});

test("of two thousand inverters a browser is given two hundred", async () => {
  const home = house(Array.from({ length: 2000 }, () => 50));
  const { views } = await dashboard(home);
  assert.equal(shownIn(views[1]).length, 200);
});
