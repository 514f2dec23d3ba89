/* Makes the dashboard of the Home Assistant that standard input describes, and writes it to standard output. */

import { json } from "node:stream/consumers";
import { dashboard } from "../../custom_components/energy_site/frontend/strategy/dashboard.js";

const CATEGORIES = ["config", "diagnostic"];

/** The registry as the frontend keeps it, from what the websocket sends of it. */
function entitiesOf({ entities }) {
  return Object.fromEntries(
    entities.map(({ ei, pl, tk, di, ec, hb, en }) => [
      ei,
      {
        entity_id: ei,
        platform: pl,
        translation_key: tk,
        device_id: di,
        entity_category: CATEGORIES[ec],
        hidden: hb,
        name: en,
      },
    ]),
  );
}

const byId = (list, key) => Object.fromEntries(list.map((each) => [each[key], each]));
const { language, display, devices, states, answers } = await json(process.stdin);
const hass = {
  language,
  entities: entitiesOf(display),
  devices: byId(devices, "id"),
  states: byId(states, "entity_id"),
  callWS: async ({ type }) => {
    if (type in answers) return answers[type];
    throw new Error(type);
  },
};
process.stdout.write(JSON.stringify(await dashboard(hass)));
