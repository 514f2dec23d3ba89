/* The sections of a site's view. One that the site has nothing for is left out. */

import { COLORS, control, glance, happened, list, section, statistics, subtitle, tile } from "./cards.js";
import { weak } from "./inverters.js";

// More inverters than this have a view of their own, which shows no more than so many of them.
const MANY = 40;
const MOST = 200;
const FULL = 12;
const COLUMNS = 3;
// Of a section that is as wide as the view.
const THIRD = { grid_options: { columns: 12 } };
const HALF = { grid_options: { columns: 18 } };

const FLOWS = {
  solar: ["mdi:solar-power", COLORS.solar],
  load: ["mdi:home-lightning-bolt", COLORS.house],
  grid: ["mdi:transmission-tower", COLORS.grid],
  battery: ["mdi:home-battery", COLORS.battery],
  generator: ["mdi:engine", COLORS.other],
};
const METERS = ["ev_charger", "third_party_solar", "load_panel", "backfeed"];
/** The counters whose days are shown. */
export const DAILY = ["solar", "load", "grid_import", "grid_export"];
const COUNTERS = [...DAILY, "battery_discharge", "battery_charge", "generator"];
const PHASES = ["l1", "l2", "l3"];
const UTILITY = [
  "grid_services_power", "vpp_reserve", "export_limit", "solar_limit", "curtailed_power",
  "last_outage_start", "last_outage_duration", "outages_this_year",
];
const PRICES = ["buy_price", "sell_price", "price_period", "price_changes_at"];
const SOURCE = [
  "system_status", "gateway_load", "response_time", "requests", "quota_used", "quota_left", "next_update",
  "cloud_data_age", "history_imported", "last_update", "sign_ins", "token_expires",
];
const SETTABLE = new Set(["number", "select", "switch"]);

/** All sections of `context`: Home Assistant, the words, the site, and what was read of it. */
export function sectionsOf(context) {
  return [now, today, battery, controls, grid, inverters, costs, others, phases, source, days, hours].flatMap((make) =>
    make(context),
  );
}

/** A view of all inverters, where they are many. */
export function allInverters({ words, site, path, alone, shares }) {
  const units = site.ofKind("inverter");
  if (units.length <= MANY) return [];
  const ranked = new Set([...shares.map(({ unit }) => unit), ...units]);
  const shown = [...ranked].slice(0, MOST);
  const all = section(words.all_inverters, "mdi:solar-panel", glance(shown, "sensor.power", 10), {
    column_span: COLUMNS,
  });
  const title = alone ? words.all_inverters : `${site.name}: ${words.all_inverters}`;
  return [{ title, path: `${path}-inverters`, type: "sections", max_columns: COLUMNS, sections: all }];
}

function now({ words, site, inEnergy }) {
  const flows = Object.entries(FLOWS).map(([flow, look]) => [site.find(`sensor.${flow}_power`), look]);
  const graph = inEnergy
    ? [{ type: "power-sources-graph", title: words.power_now }]
    : statistics(
        words.power_now,
        flows.map(([id]) => id),
        { chart_type: "line", period: "5minute", days_to_show: 1 },
      );
  const tiles = [
    ...flows.flatMap(([id, [icon, color]]) => tile(id, { icon, color })),
    ...METERS.flatMap((meter) => tile(site.find(`sensor.${meter}_meter_power`), { color: COLORS.other })),
  ];
  return section(words.now, "mdi:flash", tiles.length ? [...tiles, ...graph] : []);
}

function today({ words, site, inEnergy }) {
  const gauge = (type) => ({ type, grid_options: { columns: 6 } });
  const known = [
    { type: "energy-distribution", link_dashboard: true },
    ...(site.has("sensor.solar_energy", "sensor.grid_export_energy")
      ? [gauge("energy-self-sufficiency-gauge"), gauge("energy-solar-consumed-gauge")]
      : []),
  ];
  const counted = list(COUNTERS.map((counter) => site.find(`sensor.${counter}_energy_today`)));
  return section(words.today, "mdi:calendar-today", inEnergy ? known : counted);
}

function battery({ words, site }) {
  const level = site.find("sensor.battery_level");
  const units = site.ofKind("battery");
  const details = ["battery_available_energy", "battery_activity", "backup_time_left", "battery_health"];
  return section(words.battery, "mdi:home-battery", [
    ...(level === undefined ? [] : [gaugeOf(level)]),
    ...control(site.find("number.backup_reserve"), { icon: "mdi:battery-lock", color: COLORS.battery }),
    ...list([...details.map((key) => site.find(`sensor.${key}`)), site.find("binary_sensor.battery_charging")]),
    ...(units.length > 1 ? glance(units, "sensor.level", 4) : []),
  ]);
}

function gaugeOf(entity) {
  const severity = { green: 40, yellow: 20, red: 0 };
  return { type: "gauge", entity, name: { type: "entity" }, min: 0, max: 100, needle: true, severity };
}

function controls({ words, site }) {
  const elsewhere = new Set(["number.backup_reserve", "switch.storm_guard"].map((key) => site.find(key)));
  // A single touch would disconnect the house from the grid.
  const careful = { features: [], icon_tap_action: { action: "more-info" } };
  const own = site.hub
    .primary()
    .filter((id) => SETTABLE.has(platformOf(id)) && !elsewhere.has(id))
    .toSorted((one, other) => order(one) - order(other));
  const cards = [
    ...own.flatMap((id) => control(id, id === site.find("switch.grid_enabled") ? careful : {})),
    ...site.ofKind("generator").flatMap((unit) => control(unit.find("select.generator_mode"))),
    ...site
      .ofKind("circuit")
      .flatMap((unit) => control(unit.find("switch.closed"), { name: { type: "device" }, icon: "mdi:power-socket" })),
    ...happened(site.find("event.setting")),
  ];
  return section(words.controls, "mdi:tune-variant", cards);
}

function grid({ words, site }) {
  const cards = [
    ...tile(site.find("binary_sensor.grid_connected"), { color: "green" }),
    ...tile(site.find("sensor.grid_state"), { color: COLORS.grid }),
    ...control(site.find("switch.storm_guard"), { color: COLORS.solar }),
    ...["storm_alert", "storm_charging", "grid_services_active", "export_limited"].flatMap((key) =>
      tile(site.find(`binary_sensor.${key}`), { color: COLORS.solar }),
    ),
    ...list(UTILITY.map((key) => site.find(`sensor.${key}`))),
    ...tile(site.find("calendar.storms_and_outages"), { color: COLORS.other, grid_options: { columns: FULL } }),
    ...happened(site.find("event.outage")),
    ...happened(site.find("event.storm")),
  ];
  return section(words.grid, "mdi:transmission-tower", cards);
}

function costs({ words, site, costs: sensors }) {
  const paid = sensors.map((entity) => ({
    type: "statistic",
    entity,
    period: { calendar: { period: "day" } },
    stat_type: "change",
    name: words.paid,
    grid_options: { columns: 6 },
  }));
  const prices = list(PRICES.map((key) => site.find(`sensor.${key}`)));
  return section(words.costs, "mdi:cash-clock", [...prices, ...paid]);
}

function days({ hass, words, site, imported }) {
  const energy = DAILY.map((counter) => {
    const id = site.find(`sensor.${counter}_energy`);
    return imported.has(counter) ? { entity: imported.get(counter), name: hass.entities[id]?.name } : id;
  });
  const powers = ["solar", "load"].map((flow) => site.find(`sensor.${flow}_power`));
  const level = [site.find("sensor.battery_level")];
  const daily = { chart_type: "bar", period: "day", stat_types: ["change"], days_to_show: 7, ...THIRD };
  const hourly = { chart_type: "line", period: "hour", days_to_show: 3, ...THIRD };
  const cards = [
    ...statistics(words.energy_days, energy, daily),
    ...statistics(words.power_now, powers, hourly),
    ...statistics(words.level, level, { ...hourly, hide_legend: true }),
  ];
  return section(words.days, "mdi:chart-bar", cards, { column_span: COLUMNS });
}

function inverters({ hass, words, site, shares }) {
  const units = site.ofKind("inverter");
  const powers = units.map((unit) => unit.find("sensor.power")).filter((id) => id !== undefined);
  const reporting = site.find("sensor.inverters_reporting");
  const few = units.length <= MANY;
  const percent = new Intl.NumberFormat(hass.language, { style: "percent" });
  const weakest = weak(shares)
    .slice(0, MANY)
    .flatMap(({ unit, share }) =>
      tile(unit.find("sensor.power"), {
        name: [{ type: "device" }, { type: "text", text: percent.format(share) }],
        icon: "mdi:solar-panel",
        color: COLORS.alert,
        grid_options: { columns: FULL },
      }),
    );
  const cards = [
    ...tile(reporting, { icon: "mdi:solar-panel", color: COLORS.solar }),
    ...silent(words, powers.slice(0, MOST)),
    ...(weakest.length ? [subtitle(words.weak), ...weakest] : []),
    ...(few ? glance(units, "sensor.power", 5) : []),
  ];
  return section(words.inverters, "mdi:solar-panel-large", cards);
}

/** A card that is there only while an inverter doesn't report. */
function silent(words, powers) {
  if (!powers.length) return [];
  const entities = powers.map((entity) => ({ entity, name: { type: "device" } }));
  const conditions = [{ condition: "state", state: ["unavailable", "unknown"] }];
  return [
    { type: "entity-filter", entities, conditions, show_empty: false, card: { type: "glance", title: words.silent } },
  ];
}

/** Chargers, and devices of a kind that has no section of its own. */
function others({ site }) {
  const made = (unit, icon, options) => {
    const ids = unit.primary();
    const cards = ids.flatMap((id) => (SETTABLE.has(platformOf(id)) ? control(id) : tile(id, options)));
    return section(unit.name, icon, cards);
  };
  return [
    ...site.ofKind("charger").flatMap((unit) => made(unit, "mdi:ev-station", { color: COLORS.house })),
    ...site.ofKind("other").flatMap((unit) => made(unit, "mdi:devices", { color: COLORS.other })),
  ];
}

function phases({ words, site }) {
  const powers = PHASES.flatMap((phase) =>
    Object.entries(FLOWS).flatMap(([flow, [icon, color]]) =>
      tile(site.find(`sensor.${flow}_power_${phase}`), { icon, color }),
    ),
  );
  const voltages = PHASES.flatMap((phase) => tile(site.find(`sensor.grid_voltage_${phase}`), { color: COLORS.grid }));
  return section(words.phases, "mdi:numeric-3-circle-outline", [...powers, ...voltages]);
}

function source({ words, site }) {
  const cards = list(SOURCE.map((key) => site.find(`sensor.${key}`)));
  return section(words.source, "mdi:lan-connect", cards);
}

function hours({ words, site, inEnergy }) {
  if (!inEnergy) return [];
  const cards = [
    { type: "energy-usage-graph", title: words.usage, ...HALF },
    ...(site.has("sensor.solar_energy") ? [{ type: "energy-solar-graph", title: words.production, ...HALF }] : []),
  ];
  return section(words.hours, "mdi:clock-outline", cards, { column_span: COLUMNS });
}

function platformOf(id) {
  return id.split(".")[0];
}

/** Numbers and selects, which are as wide as the section, before switches. */
function order(id) {
  return ["select", "number", "switch"].indexOf(platformOf(id));
}
