/* Which inverters make less than their neighbours. */

import { ask } from "./energy.js";

const DAYS = 7;
const DAY_MS = 86_400_000;
// Below this part of what the middle one makes; roofs that face east and west differ less over whole days.
const WEAK = 0.7;
// With fewer there is no middle that means anything.
const ENOUGH = 3;
// W as a mean of day and night: with less, snow or darkness is on all of them.
const LIGHT = 3;

/** The mean power of each inverter over the last days, compared with the middle one: `{unit, share}`, weakest first. */
export async function compared(hass, inverters, now = Date.now()) {
  const units = new Map(inverters.map((unit) => [unit.find("sensor.power"), unit]));
  units.delete(undefined);
  if (units.size < ENOUGH) return [];
  const rows = await ask(
    hass,
    {
      type: "recorder/statistics_during_period",
      start_time: new Date(now - DAYS * DAY_MS).toISOString(),
      statistic_ids: [...units.keys()],
      period: "day",
      types: ["mean"],
      units: { power: "W" },
    },
    {},
  );
  const means = [...units]
    .map(([id, unit]) => ({ unit, mean: mean((rows[id] ?? []).map((row) => row.mean)) }))
    .filter((each) => each.mean !== undefined)
    .toSorted((one, other) => one.mean - other.mean);
  if (means.length < ENOUGH) return [];
  const middle = means[Math.floor(means.length / 2)].mean;
  return middle < LIGHT ? [] : means.map(({ unit, mean: own }) => ({ unit, share: own / middle }));
}

export function weak(shares) {
  return shares.filter(({ share }) => share < WEAK);
}

function mean(values) {
  const numbers = values.filter((value) => typeof value === "number");
  return numbers.length ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : undefined;
}
