//! POST /domains: claims a domain and registers it with Amazon SES.
