//! The local stack: the real template on an AWS emulator, with DNS and SES verification.
