/* What the Energy dashboard knows of a site. */

const NOTHING = { energy_sources: [] };

/** Its preferences and cost sensors; nothing where it isn't set up. */
export async function readEnergy(hass) {
  const [preferences, info] = await Promise.all([
    ask(hass, { type: "energy/get_prefs" }, NOTHING),
    ask(hass, { type: "energy/info" }, {}),
  ]);
  return { sources: preferences.energy_sources ?? [], costs: info.cost_sensors ?? {} };
}

/**
 * Whether the cards of the Energy dashboard show this site and no other one.
 *
 * They show everything that is set up there, so that with two sites neither of them is what they show.
 */
export function isShown(energy, site, others) {
  const counted = energy.sources.flatMap(countersOf);
  const uses = (each) => counted.some((statistic) => each.counts(statistic));
  return uses(site) && !others.some(uses);
}

/** The sensors of what was paid and earned for the site's energy. */
export function costsOf(energy, site) {
  return energy.sources.flatMap((source) =>
    [
      [source.stat_energy_from, source.stat_cost],
      [source.stat_energy_to, source.stat_compensation],
    ].flatMap(([counter, own]) => {
      const cost = own ?? energy.costs[counter];
      return counter && cost && site.counts(counter) ? [cost] : [];
    }),
  );
}

/** The statistics that were imported for the site from its cloud, by counter such as `solar`. */
export async function importedOf(hass, site, counters) {
  const ids = new Map(site.statistics(counters));
  const found = ids.size
    ? await ask(hass, { type: "recorder/get_statistics_metadata", statistic_ids: [...ids.keys()] }, [])
    : [];
  return new Map(found.map(({ statistic_id }) => [ids.get(statistic_id), statistic_id]));
}

function countersOf(source) {
  return [source.stat_energy_from, source.stat_energy_to].filter((statistic) => typeof statistic === "string");
}

/** An answer, or `otherwise` where Home Assistant has none: not set up, or not for this user. */
export async function ask(hass, message, otherwise) {
  try {
    return (await hass.callWS(message)) ?? otherwise;
  } catch {
    return otherwise;
  }
}
