//! DNS look-ups at the authoritative servers and at the recursive resolver.
