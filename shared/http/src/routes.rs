//! The route of an operation, its callers, and the function that serves it.

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a token.
    Anyone,
    /// The role `client-admin`, with a client.
    ClientAdmin,
    /// The role `lasso-support`.
    LassoSupport,
    /// The role `mass-mail` for any client that the request names, or `client-admin` for its own.
    MassMail,
}

/// Where an operation is, who may call it, and what serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// The binary below `functions/`.
    pub function: &'static str,
    /// What the operation does, in a line.
    pub summary: &'static str,
}

impl Route {
    /// The key of the route in API Gateway.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The names of the parameters in the path.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> + use<> {
        let words = self.path.split('/');
        words.filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether a method and a path as they are sent lead here.
    pub(crate) fn matches(&self, method: &str, path: &str) -> bool {
        let fits = |(word, sent): (&str, &str)| word.starts_with('{') || word == sent;
        self.method == method
            && self.path.split('/').count() == path.split('/').count()
            && self.path.split('/').zip(path.split('/')).all(fits)
    }
}
