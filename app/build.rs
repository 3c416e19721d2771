//! Makes a new migration rebuild the crate: `sqlx::migrate!` watches only the files it knew.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}
