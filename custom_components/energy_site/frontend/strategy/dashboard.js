/* Makes the dashboard: a view for each site, of sections that each show what the site has for them. */

import { badge, COLORS, markdown } from "./cards.js";
import { costsOf, importedOf, isShown, readEnergy } from "./energy.js";
import { compared } from "./inverters.js";
import { allInverters, DAILY, sectionsOf } from "./sections.js";
import { ICON, isAnythingHidden, NAME, sitesOf } from "./site.js";
import { fill, wordsOf } from "./words.js";

const ADD = "/_my_redirect/config_flow_start?domain=energy_site";
const ENTITIES = "/config/entities";
const COLUMNS = 3;

export async function dashboard(hass) {
  const words = wordsOf(hass.language);
  const sites = sitesOf(hass);
  if (!sites.length) return { title: NAME, views: [empty(hass, words)] };
  const energy = await readEnergy(hass);
  const paths = pathsOf(sites);
  const views = await Promise.all(
    sites.map(async (site, index) => {
      const others = sites.filter((other) => other !== site);
      const path = paths[index];
      return viewsOf({
        hass,
        words,
        site,
        path,
        alone: !others.length,
        shares: await compared(hass, site.ofKind("inverter")),
        imported: await importedOf(hass, site, DAILY),
        inEnergy: isShown(energy, site, others),
        costs: costsOf(energy, site),
      });
    }),
  );
  return { title: NAME, views: views.flat() };
}

function viewsOf(context) {
  const { site, path } = context;
  // Without icons, so that the tabs tell the sites apart by their names.
  const view = { title: site.name, path, ...sections(sectionsOf(context)), badges: badges(site) };
  return [view, ...allInverters(context)];
}

function sections(list) {
  return { type: "sections", max_columns: COLUMNS, dense_section_placement: true, sections: list };
}

/** What nobody may miss, and is not there otherwise. */
function badges(site) {
  return [
    ...badge(site.find("binary_sensor.grid_connected"), "off", { color: COLORS.alert }),
    ...badge(site.find("binary_sensor.storm_alert"), "on", { color: COLORS.solar }),
    ...badge(site.find("binary_sensor.problem"), "on", { color: COLORS.alert }),
  ];
}

function empty(hass, words) {
  const text = isAnythingHidden(hass) ? words.hidden : words.none;
  const card = markdown(fill(text, { add: ADD, entities: ENTITIES }));
  return { title: NAME, path: "site", icon: ICON, ...sections([{ type: "grid", cards: [card] }]) };
}

/** A path for each site that stays when another site is added, and differs where names don't. */
function pathsOf(sites) {
  const slugs = sites.map(({ name }) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-") || "site");
  return slugs.map((slug, index) => (slugs.indexOf(slug) === index ? slug : `${slug}-${index + 1}`));
}
