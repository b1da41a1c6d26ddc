//! A simulator of how Amazon SES verifies identities, in front of an emulator's SES.
