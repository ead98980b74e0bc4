// The engine as the page's worker.
import engine, { serve } from "./netpol-wasm.js";

await engine();
serve();
