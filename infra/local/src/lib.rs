//! The local stack: the unchanged `infra/template.yaml` on an AWS emulator, with a DNS server and a
//! simulator of how Amazon SES verifies domains.
//!
//! With it, a person without an AWS account can run the whole service with one command
//! (`cargo local`), and the end-to-end tests use exactly the deployed resources: the same table,
//! topic, routes, authorizer, schedule and, because IAM is enforced, the same permissions.
//!
//! ```no_run
//! # async fn example() -> Result<(), lasso_local::Error> {
//! use lasso_local::{LocalStack, Options};
//!
//! let stack = LocalStack::start(Options::isolated()).await?;
//! let url = format!("{}/domains", stack.info().api_url);
//! let token = &stack.info().tokens.client_admin;
//! // … and when it is no longer needed; dropping it does the same:
//! stack.stop().await;
//! # Ok(())
//! # }
//! ```

mod deploy;
mod emulator;
mod error;
mod front;
mod functions;
mod guide;
mod options;
mod ports;
mod previews;
mod process;
mod python;
mod stack;
mod stack_info;
mod state_dir;
mod workspace;
mod zones;

pub use error::Error;
pub use functions::program;
pub use guide::guide;
pub use options::{Options, Profile, Progress, StateFolder};
pub use stack::LocalStack;
pub use stack_info::{Clients, StackInfo, Tokens, User, Users};
