/* A Home Assistant as its frontend sees it, with sites of the integration. */

const CATEGORIES = { config: "config", diagnostic: "diagnostic" };

/** Builds what a strategy is given: registries, states, and answers to websocket commands. */
export class Home {
  constructor({ language = "en" } = {}) {
    this.language = language;
    this.entities = {};
    this.devices = {};
    this.states = {};
    this.answers = {};
    this.asked = [];
    this.callWS = async (message) => {
      this.asked.push(message);
      if (!(message.type in this.answers)) throw { code: "unknown_command", message: message.type };
      const answer = this.answers[message.type];
      return typeof answer === "function" ? answer(message) : answer;
    };
  }

  /** Adds a site's hub with entities such as `sensor.solar_power`; returns the ID of its device. */
  hub(name, keys, { site = name.toLowerCase().replaceAll(" ", "_"), shared = [], ...device } = {}) {
    const id = `device-${Object.keys(this.devices).length}`;
    const identifiers = [["energy_site", site], ...shared.map((token) => ["energy_site", token])];
    this.devices[id] = { id, name, name_by_user: null, via_device_id: null, identifiers, connections: [], ...device };
    for (const key of keys) this.entity(id, key);
    return id;
  }

  /** Adds a device below a hub. */
  unit(hub, name, keys, device = {}) {
    return this.hub(name, keys, { via_device_id: hub, site: `${hub}_${name}`, ...device });
  }

  /** Adds an entity; `key` may end in `:config` or `:diagnostic`. Returns its ID, which says nothing of what it is. */
  entity(device_id, key, { state = "1", ...changes } = {}) {
    const [full, category] = key.split(":");
    const [platform, translation_key] = full.split(".");
    const entity_id = changes.entity_id ?? `${platform}.e${Object.keys(this.entities).length}`;
    const entity_category = category ? CATEGORIES[category] : undefined;
    this.entities[entity_id] = {
      entity_id,
      device_id,
      translation_key,
      entity_category,
      platform: "energy_site",
      name: translation_key,
      ...changes,
    };
    if (state !== undefined) this.states[entity_id] = { entity_id, state };
    return entity_id;
  }

  /** The ID of the only entity with a key. */
  id(key, device) {
    const [platform, translation_key] = key.split(".");
    const found = Object.values(this.entities).filter(
      (entity) =>
        entity.entity_id.startsWith(`${platform}.`) &&
        entity.translation_key === translation_key &&
        (device === undefined || entity.device_id === device),
    );
    if (found.length !== 1) throw new Error(`${found.length} entities are ${key}`);
    return found[0].entity_id;
  }
}

/** All cards of a view, also those inside of cards. */
export function cardsOf(view) {
  return view.sections.flatMap((section) => section.cards.flatMap((card) => [card, ...(card.card ? [card.card] : [])]));
}

/** The IDs of the entities that something shows. */
export function shownIn(node) {
  if (Array.isArray(node)) return node.flatMap(shownIn);
  if (node === null || typeof node !== "object") return [];
  const here = [node.entity, ...(Array.isArray(node.entities) ? node.entities : [])];
  const ids = here.filter((each) => typeof each === "string");
  return [...new Set([...ids, ...Object.values(node).flatMap(shownIn)])];
}

/** The section under a heading. */
export function under(view, heading) {
  return view.sections.find((section) => section.cards[0].heading === heading);
}

export function headings(view) {
  return view.sections.map((section) => section.cards[0].heading);
}
