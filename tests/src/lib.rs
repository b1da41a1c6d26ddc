//! The whole path over HTTP, on the local stack.
