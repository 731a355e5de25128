//! A new migration is embedded at compile time: cargo has to look at the folder.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
