//! Starts the page; outside a browser there is nothing to start.

fn main() {
    #[cfg(target_arch = "wasm32")]
    netpol_web::start();
}
