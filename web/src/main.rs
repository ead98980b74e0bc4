//! What the page loads: nothing starts by itself, `start.js` mounts the playground.

use netpol_web as _;

fn main() {}
