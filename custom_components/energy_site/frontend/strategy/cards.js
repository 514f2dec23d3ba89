/* Home Assistant's own cards, as configuration. */

export const COLORS = {
  solar: "amber",
  grid: "blue",
  battery: "teal",
  house: "deep-purple",
  other: "blue-grey",
  alert: "red",
};

const BY_ENTITY = { type: "entity" };
// The last digits of a serial number tell devices of one site apart.
const SHORT = 5;

/** A tile of an entity, if there is one; it is named like the entity, without its device. */
export function tile(id, options = {}) {
  return id === undefined ? [] : [{ type: "tile", entity: id, name: BY_ENTITY, ...options }];
}

/** A tile with which an entity is set: as wide as a finger needs it. */
export function control(id, options = {}) {
  if (id === undefined) return [];
  const features = FEATURES[id.split(".")[0]] ?? {};
  return tile(id, { ...features, grid_options: { columns: 12 }, ...options });
}

const FEATURES = {
  number: { features: [{ type: "numeric-input", style: "slider" }], features_position: "bottom" },
  select: { features: [{ type: "select-options" }], features_position: "bottom" },
  switch: { features: [{ type: "toggle" }], features_position: "inline" },
};

/** A list of what is only read: long names have room in it. */
export function list(ids) {
  const entities = ids.filter((id) => id !== undefined).map((entity) => ({ entity, name: BY_ENTITY }));
  return entities.length ? [{ type: "entities", entities, show_header_toggle: false }] : [];
}

/** The values of one entity of each unit. */
export function glance(units, key, columns) {
  const known = units.filter((unit) => unit.find(key) !== undefined);
  const names = shortNames(known.map((unit) => unit.name));
  const entities = known.map((unit, index) => ({ entity: unit.find(key), name: names[index] }));
  const options = { columns, show_icon: false, state_color: false, grid_options: { columns: "full" } };
  return entities.length ? [{ type: "glance", entities, ...options }] : [];
}

/** Names without what all of them begin with, such as "Inverter 4822"; a short one stays whole. */
export function shortNames(names) {
  if (names.length < 2) return names;
  const [first, ...rest] = names;
  let shared = 0;
  while (shared < first.length && rest.every((name) => name[shared] === first[shared])) shared += 1;
  const start = Math.min(shared, ...names.map((name) => name.length - SHORT));
  return names.map((name) => (start > 0 ? name.slice(start).trimStart() : name));
}

/** What an event entity saw last, if it saw anything. */
export function happened(id) {
  if (id === undefined) return [];
  const visibility = [{ condition: "state", entity: id, state_not: ["unknown", "unavailable"] }];
  const options = { state_content: ["event_type", "state"], grid_options: { columns: 12 }, visibility };
  return tile(id, { color: COLORS.other, ...options });
}

export function subtitle(heading) {
  return { type: "heading", heading, heading_style: "subtitle" };
}

export function markdown(content) {
  return { type: "markdown", content, grid_options: { columns: "full" } };
}

/** A graph of statistics: those of entities by their IDs, or others as `{entity, name}`. */
export function statistics(title, shown, options) {
  const entities = shown
    .filter((each) => each !== undefined)
    .map((each) => (typeof each === "string" ? { entity: each, name: BY_ENTITY } : each));
  return entities.length ? [{ type: "statistics-graph", title, entities, stat_types: ["mean"], ...options }] : [];
}

/** A section with a heading, if it has any card. */
export function section(heading, icon, cards, { badges = [], ...options } = {}) {
  if (!cards.length) return [];
  const head = { type: "heading", heading, icon, ...(badges.length ? { badges } : {}) };
  return [{ type: "grid", cards: [head, ...cards], ...options }];
}

/** A badge on a view that is there only while its entity has a state. */
export function badge(id, state, options = {}) {
  if (id === undefined) return [];
  const visibility = [{ condition: "state", entity: id, state }];
  return [{ type: "entity", entity: id, name: BY_ENTITY, show_name: true, visibility, ...options }];
}
