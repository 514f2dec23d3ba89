/* Offers a dashboard that makes itself under "Community dashboards". Home Assistant's frontend loads this module. */

import { dashboard } from "./dashboard.js";
import { ICON, NAME } from "./site.js";
import { wordsOf } from "./words.js";

const TAG = "ll-strategy-dashboard-energy-site";

class EnergySiteStrategy extends HTMLElement {
  /** What the dashboard is made from: it is made again when one of these changes. */
  static registryDependencies = ["entities", "devices"];

  static generate(_config, hass) {
    return dashboard(hass);
  }

  /** What the dialog that adds a dashboard proposes. */
  static getCreateSuggestions() {
    return { title: NAME, icon: ICON };
  }
}

if (!customElements.get(TAG)) {
  customElements.define(TAG, EnergySiteStrategy);
  window.customStrategies ??= [];
  window.customStrategies.push({
    type: "energy-site",
    strategyType: "dashboard",
    name: NAME,
    // Read when it is shown: the frontend knows its language later than it loads this.
    get description() {
      return wordsOf(document.documentElement.lang).description;
    },
  });
}
