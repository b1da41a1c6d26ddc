//! Turns errors of the SDK into causes for the errors of ports.

use std::error::Error;

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_runtime_api::http::Response;
use domain_auth_logs::ServiceFailure;

/// An error that becomes the cause of a port's error. An error with a response of a service becomes
/// a [`ServiceFailure`]; an error from before the request was sent stays as it is.
pub(crate) trait IntoCause: Error + Send + Sync + 'static {
    /// The cause of a failed call to `service`.
    fn into_cause(self, service: &'static str) -> Box<dyn Error + Send + Sync>;
}

impl<E> IntoCause for SdkError<E, Response>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn into_cause(self, service: &'static str) -> Box<dyn Error + Send + Sync> {
        let (code, request_id) = (self.code(), self.request_id());
        ServiceFailure {
            service,
            code: code.map(str::to_owned),
            request_id: request_id.map(str::to_owned),
            source: self.into(),
        }
        .into()
    }
}

/// Errors of operations, without the response around them.
macro_rules! of_operations {
    ($($error:ty),*) => {
        $(impl IntoCause for $error {
            fn into_cause(self, service: &'static str) -> Box<dyn Error + Send + Sync> {
                let meta = self.meta();
                ServiceFailure {
                    service,
                    code: meta.code().map(str::to_owned),
                    request_id: meta.request_id().map(str::to_owned),
                    source: self.into(),
                }
                .into()
            }
        })*
    };
}

of_operations!(PutItemError, TransactWriteItemsError, UpdateItemError);

/// Errors of this process.
macro_rules! of_this_process {
    ($($error:ty),*) => {
        $(impl IntoCause for $error {
            fn into_cause(self, _: &'static str) -> Box<dyn Error + Send + Sync> {
                self.into()
            }
        })*
    };
}

of_this_process!(BuildError, serde_json::Error, serde_dynamo::Error);

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
