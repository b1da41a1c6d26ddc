//! GET /domains and GET /domains/{domain}: pure reads.
