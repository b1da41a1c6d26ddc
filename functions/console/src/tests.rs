//! The console with an issuer and an API that a test controls.

mod again;
mod browser;
mod doubt;
mod forms;
mod issuer;
mod lost;
mod pages;
mod repairs;
mod sign_in;
mod troubles;
mod windows;
mod worst;
