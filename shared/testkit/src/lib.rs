//! Fakes, builders and a recorder for the tests of the other crates.
