//! SNS: one email to Lasso support for each event.
