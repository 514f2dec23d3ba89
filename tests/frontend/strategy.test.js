import assert from "node:assert/strict";
import { test } from "node:test";

const elements = new Map();
Object.assign(globalThis, {
  HTMLElement: Object,
  customElements: {
    get: (tag) => elements.get(tag),
    define: (tag, element) => elements.set(tag, element),
  },
  document: { documentElement: { lang: "fr" } },
  window: { customStrategies: [{ type: "somebody-else" }] },
});
const MODULE = "../../custom_components/energy_site/frontend/strategy/energy-site.js";
await import(MODULE);

test("the strategy stands under Community dashboards, in the words of whoever looks", () => {
  const [, ours] = window.customStrategies;
  assert.equal(ours.type, "energy-site");
  assert.equal(ours.strategyType, "dashboard");
  assert.equal(ours.name, "Energy Site");
  assert.match(ours.description, /onduleurs/);
  document.documentElement.lang = "nl";
  assert.match(ours.description, /omvormers/);
});

test("its element makes a dashboard, and proposes a title and an icon for it", async () => {
  const element = elements.get("ll-strategy-dashboard-energy-site");
  const made = await element.generate({ type: "custom:energy-site" }, { language: "en", entities: {}, devices: {} });
  assert.equal(made.views.length, 1);
  assert.deepEqual(element.getCreateSuggestions({}), { title: "Energy Site", icon: "mdi:solar-power-variant" });
  assert.deepEqual(element.registryDependencies, ["entities", "devices"]);
});

test("loaded twice it is there once", async () => {
  await import(`${MODULE}?again`);
  assert.equal(window.customStrategies.length, 2);
});
