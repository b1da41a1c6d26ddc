//! HTTP to the API and to the issuer of tokens.

use std::time::Duration;

use http::{Request, Response};

/// The longest response that is read. The API's are about 100 KB at most.
const LONGEST: usize = 2_000_000;

/// Sends a request and reads the response. Redirects are not followed.
pub trait Fetch: Send + Sync {
    /// The response, whatever its status.
    fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> impl Future<Output = Result<Response<Vec<u8>>, FetchError>> + Send;
}

/// There was no response.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server could not be reached, or did not respond in time.
    #[error("no answer over HTTP")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The response is longer than expected.
    #[error("an answer over HTTP is too long")]
    TooLong,
}

/// An HTTP client over the network.
#[derive(Debug, Clone)]
pub struct Network(reqwest::Client);

impl Network {
    /// A client that waits up to `timeout` for a response.
    pub fn new(timeout: Duration) -> Result<Self, FetchError> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(timeout)
            .build()
            .map(Self)
            .map_err(no_answer)
    }
}

impl Fetch for Network {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let request = request.try_into().map_err(no_answer)?;
        let mut answer = self.0.execute(request).await.map_err(no_answer)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Without the URL, which can contain a client's domain.
fn no_answer(error: reqwest::Error) -> FetchError {
    FetchError::NoAnswer(Box::new(error.without_url()))
}
