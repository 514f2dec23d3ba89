/* Finds the sites and their devices among the entities that Home Assistant has: never by an entity's ID. */

export const DOMAIN = "energy_site";
export const NAME = "Energy Site";
export const ICON = "mdi:solar-power-variant";

/* What only devices of one kind have. An inverter is what has power and nothing of these. */
const MARKS = {
  charger: ["sensor.charger_state", "binary_sensor.plugged_in", "sensor.session_energy", "sensor.session_start"],
  circuit: ["switch.closed", "select.grid_action", "select.off_grid_action"],
  generator: ["select.generator_mode", "binary_sensor.running", "sensor.start_level"],
  battery: [
    "sensor.level",
    "sensor.available_energy",
    "sensor.charged_energy",
    "sensor.discharged_energy",
    "sensor.cycles",
    "sensor.health",
    "sensor.state",
    "binary_sensor.dc_switch",
  ],
};
const OF_INVERTERS = new Set(
  [
    "power", "energy", "energy_today", "max_reported", "last_reported", "communication_level", "temperature",
    "dc_voltage", "dc_current", "ac_voltage", "ac_current", "ac_frequency",
  ]
    .map((key) => `sensor.${key}`)
    .concat("binary_sensor.connected"),
);

/** One device, or one that several entries of a site show. */
class Unit {
  constructor(hass, devices, entities) {
    this.hass = hass;
    this.devices = devices;
    this.name = nameOf(devices[0]);
    this.kind = kindOf(new Set(entities.map(keyOf)));
    this.shown = entities.filter((entity) => !entity.hidden);
  }

  /** The ID of the entity with a key such as `sensor.solar_power`, one with a value if several entries have it. */
  find(key) {
    const found = this.shown.filter((entity) => keyOf(entity) === key).map((entity) => entity.entity_id);
    return found.find((id) => isAvailable(this.hass, id)) ?? found[0];
  }

  /** The IDs of all entities that a person uses, each key once. */
  primary() {
    const keys = new Set(this.shown.filter((entity) => !entity.entity_category).map(keyOf));
    return [...keys].map((key) => this.find(key));
  }
}

/** A site: its hub as a unit, and its other devices. */
class Site {
  constructor(hub, units) {
    this.hub = hub;
    this.name = hub.name;
    this.units = units.toSorted(byName);
  }

  find(key) {
    return this.hub.find(key);
  }

  has(...keys) {
    return keys.every((key) => this.find(key) !== undefined);
  }

  ofKind(kind) {
    return this.units.filter((unit) => unit.kind === kind);
  }

  /** Whether an energy counter, by its statistic's ID, is one of this site. */
  counts(statistic) {
    const all = [this.hub, ...this.units];
    return (
      all.some((unit) => unit.shown.some((entity) => entity.entity_id === statistic)) ||
      this.hub.devices.flatMap(ownNames).some((name) => statistic.startsWith(`${DOMAIN}:${name.toLowerCase()}_`))
    );
  }

  /** The IDs of the statistics that a cloud's entry may have imported, each with its counter. */
  statistics(counters) {
    return this.hub.devices
      .flatMap(ownNames)
      .flatMap((name) => counters.map((counter) => [`${DOMAIN}:${name.toLowerCase()}_${counter}_energy`, counter]));
  }
}

/** All sites, those with the most to show first. What several entries show of one home is one site. */
export function sitesOf(hass) {
  const entities = Map.groupBy(
    Object.values(hass.entities).filter(({ platform, device_id }) => platform === DOMAIN && hass.devices[device_id]),
    (entity) => entity.device_id,
  );
  const devices = [...entities.keys()].map((id) => hass.devices[id]);
  const trees = [...Map.groupBy(devices, (device) => rootOf(hass, device))].map(([root, members]) => [
    root,
    ...members.filter((device) => device !== root),
  ]);
  const of = (group) => group.flatMap((device) => entities.get(device.id) ?? []);
  return clusters(trees, (tree) => tree.flatMap(tokensOf))
    .map((group) => {
      const hubs = group.map(([root]) => root).toSorted((one, other) => flows(of([other])) - flows(of([one])));
      const others = clusters(
        group.flatMap(([, ...rest]) => rest),
        tokensOf,
      );
      const units = others.map((same) => new Unit(hass, same, of(same)));
      return new Site(new Unit(hass, hubs, of(hubs)), units);
    })
    .filter((site) => [site.hub, ...site.units].some((unit) => unit.shown.length))
    .toSorted((one, other) => flows(other.hub.shown) - flows(one.hub.shown) || byName(one, other));
}

/** Whether there is a site of which nothing is shown. */
export function isAnythingHidden(hass) {
  return Object.values(hass.devices).some((device) => ownNames(device).length);
}

export function isAvailable(hass, id) {
  const state = hass.states[id]?.state;
  return state !== undefined && state !== "unavailable";
}

function byName(one, other) {
  return one.name.localeCompare(other.name, undefined, { numeric: true });
}

function keyOf({ entity_id, translation_key }) {
  return `${entity_id.split(".")[0]}.${translation_key}`;
}

function nameOf(device) {
  return device.name_by_user || device.name || NAME;
}

function kindOf(keys) {
  const marked = Object.keys(MARKS).find((kind) => MARKS[kind].some((key) => keys.has(key)));
  return marked ?? (keys.has("sensor.power") && keys.isSubsetOf(OF_INVERTERS) ? "inverter" : "other");
}

/** A child device of another integration has no identifiers in the registry. */
function ownNames({ identifiers = [] }) {
  return identifiers.filter(([domain]) => domain === DOMAIN).map(([, name]) => name);
}

function tokensOf({ identifiers = [], connections = [] }) {
  return [...identifiers, ...connections].map((pair) => pair.join(" "));
}

function rootOf(hass, device) {
  const above = hass.devices[device.via_device_id];
  return above && ownNames(above).length ? rootOf(hass, above) : device;
}

function flows(entities) {
  return entities.filter((entity) => entity.translation_key?.endsWith("_power")).length;
}

/** The items in groups, of which each shares a token with another of its group. */
function clusters(items, tokens) {
  const groups = new Map();
  for (const item of items) {
    const near = new Set(tokens(item).flatMap((token) => (groups.has(token) ? [groups.get(token)] : [])));
    const group = [...[...near].flat(), item];
    for (const token of group.flatMap(tokens)) groups.set(token, group);
  }
  return [...new Set(groups.values())];
}
