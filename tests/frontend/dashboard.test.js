import assert from "node:assert/strict";
import { test } from "node:test";
import { dashboard } from "../../custom_components/energy_site/frontend/strategy/dashboard.js";
import { cardsOf, Home, headings, shownIn, under } from "./home.js";

const POWERS = ["sensor.solar_power", "sensor.load_power", "sensor.grid_power"];
const BATTERY = ["sensor.battery_power", "sensor.battery_level", "number.backup_reserve"];
const ENERGY = ["solar", "load", "grid_import", "grid_export"].flatMap((key) => [
  `sensor.${key}_energy`,
  `sensor.${key}_energy_today`,
]);
const USUAL = [...POWERS, ...BATTERY, ...ENERGY];

async function viewOf(home) {
  const { views } = await dashboard(home);
  assert.equal(views.length, 1);
  return views[0];
}

test("entities are found whatever their IDs are", async () => {
  const home = new Home();
  const hub = home.hub("House", []);
  home.entity(hub, "sensor.solar_power", { entity_id: "sensor.roof_over_the_kitchen" });
  home.entity(hub, "sensor.load_power", { entity_id: "sensor.solar_power" });
  const now = under(await viewOf(home), "Right now");
  assert.deepEqual(
    now.cards.filter((card) => card.type === "tile").map((card) => [card.entity, card.icon]),
    [
      ["sensor.roof_over_the_kitchen", "mdi:solar-power"],
      ["sensor.solar_power", "mdi:home-lightning-bolt"],
    ],
  );
});

test("hidden entities and those of other integrations are left out", async () => {
  const home = new Home();
  const hub = home.hub("House", ["sensor.solar_power"]);
  const hidden = home.entity(hub, "sensor.load_power", { hidden: true });
  const foreign = home.entity(hub, "sensor.grid_power", { platform: "enphase_envoy" });
  const shown = shownIn(await viewOf(home));
  assert.ok(shown.includes(home.id("sensor.solar_power")));
  assert.ok(!shown.includes(hidden));
  assert.ok(!shown.includes(foreign));
});

test("a house without a battery, meters or settings has no sections for them", async () => {
  const home = new Home();
  home.hub("House", ["sensor.solar_power", "sensor.solar_energy", "sensor.solar_energy_today"]);
  assert.deepEqual(headings(await viewOf(home)), ["Right now", "Today", "The last days"]);
});

test("a battery is shown with its level, its reserve to set, and each of its units", async () => {
  const home = new Home();
  const hub = home.hub("House", USUAL);
  for (const name of ["Battery 492334567801", "Battery 492334567802"]) home.unit(hub, name, ["sensor.level"]);
  const battery = under(await viewOf(home), "Battery");
  const [gauge, reserve] = battery.cards.slice(1);
  assert.deepEqual([gauge.type, gauge.entity], ["gauge", home.id("sensor.battery_level")]);
  assert.deepEqual([reserve.entity, reserve.features[0].type], [home.id("number.backup_reserve"), "numeric-input"]);
  const units = battery.cards.at(-1);
  assert.deepEqual(
    units.entities.map(({ name }) => name),
    ["67801", "67802"],
  );
});

test("each setting of the site and of its circuits can be changed", async () => {
  const home = new Home();
  const settings = ["select.operating_mode", "switch.charge_from_grid", "number.export_limit", "switch.storm_guard"];
  const hub = home.hub("House", [...settings, "number.shutdown_level:config"]);
  home.unit(hub, "Load circuit Pool pump", ["switch.closed", "select.mode:config"]);
  const view = await viewOf(home);
  const controls = under(view, "Controls").cards.slice(1);
  const set = (key) => controls.filter((card) => card.entity === home.id(key)).map((card) => card.features[0].type);
  assert.deepEqual(set("select.operating_mode"), ["select-options"]);
  assert.deepEqual(set("switch.charge_from_grid"), ["toggle"]);
  assert.deepEqual(set("number.export_limit"), ["numeric-input"]);
  assert.deepEqual(set("switch.closed"), ["toggle"]);
  assert.equal(controls.length, 4);
  assert.ok(shownIn(under(view, "Grid and storms")).includes(home.id("switch.storm_guard")));
});

test("no single touch disconnects the house from the grid", async () => {
  const home = new Home();
  home.hub("House", ["switch.grid_enabled"]);
  const [, card] = under(await viewOf(home), "Controls").cards;
  assert.deepEqual(card.features, []);
  assert.equal(card.icon_tap_action.action, "more-info");
});

test("an outage, a storm, and a problem stand above everything while they last", async () => {
  const home = new Home();
  home.hub("House", ["binary_sensor.grid_connected", "binary_sensor.storm_alert", "binary_sensor.problem:diagnostic"]);
  const { badges } = await viewOf(home);
  assert.deepEqual(
    badges.map(({ entity, visibility }) => [entity, visibility[0].entity, visibility[0].state]),
    [
      ["binary_sensor.e0", "binary_sensor.e0", "off"],
      ["binary_sensor.e1", "binary_sensor.e1", "on"],
      ["binary_sensor.e2", "binary_sensor.e2", "on"],
    ],
  );
});

test("an event that never happened isn't shown", async () => {
  const home = new Home();
  home.hub("House", ["event.setting"]);
  const [, card] = under(await viewOf(home), "Controls").cards;
  assert.deepEqual(card.visibility[0].state_not, ["unknown", "unavailable"]);
});

test("phases are shown where their entities are enabled", async () => {
  const home = new Home();
  const hub = home.hub("House", POWERS);
  assert.equal(under(await viewOf(home), "Phases"), undefined);
  for (const phase of ["l1", "l2", "l3"]) home.entity(hub, `sensor.grid_power_${phase}`);
  assert.equal(shownIn(under(await viewOf(home), "Phases")).length, 3);
});

test("a charger, and a device of a kind that is new, have a section with everything that a person uses", async () => {
  const home = new Home();
  const hub = home.hub("House", POWERS);
  home.unit(hub, "Charger", [
    "sensor.charger_state",
    "sensor.power",
    "binary_sensor.plugged_in",
    "sensor.fault:diagnostic",
  ]);
  home.unit(hub, "Heat pump", ["sensor.power", "sensor.heat_pump_mode", "switch.heat_pump_on"]);
  const view = await viewOf(home);
  assert.equal(shownIn(under(view, "Charger")).length, 3);
  assert.equal(shownIn(under(view, "Heat pump")).length, 3);
  assert.equal(under(view, "Inverters"), undefined);
});

test("several sites have a view each, those with the most to show first, under paths of their own", async () => {
  const home = new Home();
  home.hub("Cabin", ["sensor.solar_power"], { site: "1" });
  home.hub("Villa", USUAL, { site: "2" });
  home.hub("Cabin", ["sensor.solar_power"], { site: "3" });
  const { views } = await dashboard(home);
  assert.deepEqual(
    views.map(({ title, path }) => [title, path]),
    [
      ["Villa", "villa"],
      ["Cabin", "cabin"],
      ["Cabin", "cabin-3"],
    ],
  );
});

test("a view has the name that its owner gave the device", async () => {
  const home = new Home();
  home.hub("IQ Gateway", POWERS, { name_by_user: "Our roof" });
  assert.equal((await viewOf(home)).title, "Our roof");
});

test("what several entries show of one home is one view, in which each value stands once", async () => {
  const home = new Home();
  const cloud = home.hub("In the cloud", ["sensor.solar_power", "switch.storm_guard"], { shared: ["482512345678"] });
  const gateway = home.hub("IQ Gateway", USUAL, { site: "482512345678" });
  home.unit(cloud, "Inverter in the cloud", ["sensor.power"], { shared: ["inverter"] });
  home.unit(gateway, "Inverter", ["sensor.power"], { shared: ["inverter"] });
  const view = await viewOf(home);
  assert.equal(view.title, "IQ Gateway");
  const shown = shownIn(view);
  assert.ok(shown.includes(home.id("sensor.solar_power", gateway)));
  assert.ok(!shown.includes(home.id("sensor.solar_power", cloud)));
  assert.ok(shown.includes(home.id("switch.storm_guard")));
  assert.equal(under(view, "Inverters").cards.at(-1).entities.length, 1);
});

test("of several entries the one that has a value is shown", async () => {
  const home = new Home();
  const cloud = home.hub("In the cloud", [], { shared: ["482512345678"] });
  const gateway = home.hub("IQ Gateway", POWERS.slice(1), { site: "482512345678" });
  const there = home.entity(cloud, "sensor.solar_power", { state: "5" });
  const gone = home.entity(gateway, "sensor.solar_power", { state: "unavailable" });
  const shown = shownIn(await viewOf(home));
  assert.ok(shown.includes(there));
  assert.ok(!shown.includes(gone));
});

test("the cards of the Energy dashboard are used where it shows this site", async () => {
  const home = new Home();
  home.hub("House", USUAL);
  const energy = (view) =>
    cardsOf(view).filter(({ type }) => type.startsWith("energy-") || type === "power-sources-graph");
  assert.deepEqual(energy(await viewOf(home)), []);
  assert.equal(shownIn(under(await viewOf(home), "Today")).length, 4);
  home.answers["energy/get_prefs"] = {
    energy_sources: [{ type: "solar", stat_energy_from: home.id("sensor.solar_energy") }],
  };
  assert.deepEqual(
    energy(await viewOf(home)).map(({ type }) => type),
    [
      "power-sources-graph",
      "energy-distribution",
      "energy-self-sufficiency-gauge",
      "energy-solar-consumed-gauge",
      "energy-usage-graph",
      "energy-solar-graph",
    ],
  );
});

test("the cards of the Energy dashboard are not used where they would show another site too", async () => {
  const home = new Home();
  const [one, other] = [home.hub("House", USUAL, { site: "1" }), home.hub("Cabin", USUAL, { site: "tesla_2" })];
  const sources = [{ type: "solar", stat_energy_from: home.id("sensor.solar_energy", one) }];
  home.answers["energy/get_prefs"] = { energy_sources: sources };
  const uses = async () =>
    (await dashboard(home)).views.map((view) => cardsOf(view).some(({ type }) => type === "energy-distribution"));
  assert.deepEqual(await uses(), [false, true]);
  sources.push({ type: "solar", stat_energy_from: home.id("sensor.solar_energy", other) });
  assert.deepEqual(await uses(), [false, false]);
  sources[1].stat_energy_from = "energy_site:tesla_2_solar_energy";
  assert.deepEqual(await uses(), [false, false]);
});

test("prices and what was paid are shown where they are known", async () => {
  const home = new Home();
  home.hub("House", [...USUAL, "sensor.buy_price"]);
  home.answers["energy/get_prefs"] = {
    energy_sources: [
      {
        type: "grid",
        stat_energy_from: home.id("sensor.grid_import_energy"),
        stat_energy_to: home.id("sensor.grid_export_energy"),
        stat_compensation: "sensor.earned",
      },
      { type: "gas", stat_energy_from: "sensor.gas", stat_cost: "sensor.gas_cost" },
    ],
  };
  home.answers["energy/info"] = { cost_sensors: { [home.id("sensor.grid_import_energy")]: "sensor.paid" } };
  const shown = shownIn(under(await viewOf(home), "Prices and costs"));
  assert.deepEqual(shown.toSorted(), [home.id("sensor.buy_price"), "sensor.earned", "sensor.paid"].toSorted());
});

test("days come from what was imported from a cloud, where anything was", async () => {
  const home = new Home();
  home.hub("House", USUAL, { site: "Tesla_7" });
  home.answers["recorder/get_statistics_metadata"] = ({ statistic_ids }) =>
    statistic_ids.filter((id) => id.includes("solar")).map((statistic_id) => ({ statistic_id }));
  const [, energy] = under(await viewOf(home), "The last days").cards;
  assert.deepEqual(
    energy.entities.map(({ entity }) => entity),
    [
      "energy_site:tesla_7_solar_energy",
      ...["load", "grid_import", "grid_export"].map((key) => home.id(`sensor.${key}_energy`)),
    ],
  );
});

test("without any entity the dashboard says how to add a site", async () => {
  const home = new Home({ language: "de" });
  home.hub("Somebody else", [], { identifiers: [["enphase_envoy", "1"]] });
  home.hub("A child of theirs", [], { identifiers: undefined, connections: undefined });
  const [card] = cardsOf(await viewOf(home));
  assert.equal(card.type, "markdown");
  assert.match(card.content, /^## Noch keine Anlage/);
  assert.match(card.content, /\]\(\/_my_redirect\/config_flow_start\?domain=energy_site\)/);
});

test("where all entities are hidden or disabled the dashboard says so", async () => {
  const home = new Home();
  const hub = home.hub("House", []);
  home.entity(hub, "sensor.solar_power", { hidden: true });
  const [card] = cardsOf(await viewOf(home));
  assert.match(card.content, /disabled or hidden.*\]\(\/config\/entities\)/s);
});

test("a device that is gone from the registry costs nothing but itself", async () => {
  const home = new Home();
  const hub = home.hub("House", POWERS);
  home.entity("gone", "sensor.power");
  home.entity(hub, "sensor.something", { translation_key: undefined });
  home.devices[hub].via_device_id = "gone too";
  assert.deepEqual(headings(await viewOf(home)), ["Right now", "The last days"]);
});
