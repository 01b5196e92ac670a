/** Where the page starts. */

import { render } from "preact";
import { App } from "./App";
import { boot } from "./data/load";
import { followPreferences } from "./ui/preferences";

const root = document.getElementById("app");
if (root) {
  followPreferences();
  render(<App />, root);
  void boot();
}
