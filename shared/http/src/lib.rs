//! The HTTP contract: routes, claims, problem details, JSON bodies.
