// Starts the page.

import { buildLayout } from "./layout.js";
import { startRouter } from "./router.js";

startRouter(buildLayout());
