//! An authoritative DNS server for a folder of zone files, for development and tests.
