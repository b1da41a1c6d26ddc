//! Only dependencies: the features that `Cargo.toml` lists are those of the whole workspace.
