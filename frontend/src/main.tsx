/** Where the page starts. */

import { render } from "preact";
import { App } from "./App";
import { boot } from "./data/load";
import { readCoastlines } from "./map/store";
import { followPreferences } from "./ui/preferences";

const root = document.getElementById("app");
if (root) {
  followPreferences();
  // Asked for with the study and the run, so that the first map waits for neither in turn.
  void readCoastlines();
  render(<App />, root);
  void boot();
}
