//! The domain itself: names, records, states, events, ports and use cases; no I/O.
