//! Cookies (RFC 6265): for this host only, not readable by scripts, and split if they are long.

use std::fmt::Write as _;

use http::HeaderMap;
use http::header::COOKIE;

/// The maximum size, in octets, of a value in one cookie: browsers store up to 4,096 octets of name, value and
/// attributes.
const PIECE: usize = 3_600;
/// The maximum number of pieces. API Gateway accepts 10,240 octets of headers in a request (Amazon API Gateway
/// quotas, HTTP API), and other headers need some of them.
const MOST_PIECES: usize = 2;

/// Names and attributes of cookies.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    is_secure: bool,
}

/// The cookies of a request.
#[derive(Debug, Clone, Default)]
pub struct Jar(Vec<(String, String)>);

impl Jar {
    /// The cookies in the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(COOKIE).into_iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';'));
        let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Cookies {
    /// With the prefix `__Host-` and `Secure` over https: a browser then accepts them only from
    /// this host, over TLS, and not from a subdomain or a neighbour.
    pub fn new(is_secure: bool) -> Self {
        Self { is_secure }
    }

    /// The value of a cookie, joined from its pieces.
    pub fn read(&self, jar: &Jar, name: &str) -> Option<String> {
        let pieces = (0..MOST_PIECES).map_while(|piece| jar.get(&self.name(name, piece)));
        let value: String = pieces.collect();
        (!value.is_empty()).then_some(value)
    }

    /// `Set-Cookie` for a value in base64url; `None` if it is too long. It is stored for `seconds`,
    /// or until the browser is closed.
    pub fn write(&self, name: &str, value: &str, seconds: Option<i64>) -> Option<Vec<String>> {
        if value.len() > PIECE * MOST_PIECES {
            return None;
        }
        let pieces = (0..MOST_PIECES).map(|piece| {
            let end = value.len().min((piece + 1) * PIECE);
            match value.get(piece * PIECE..end).filter(|it| !it.is_empty()) {
                Some(part) => self.line(name, piece, part, seconds),
                None => self.line(name, piece, "", Some(0)),
            }
        });
        Some(pieces.collect())
    }

    /// `Set-Cookie` that removes the cookie.
    pub fn clear(&self, name: &str) -> Vec<String> {
        let pieces = 0..MOST_PIECES;
        pieces
            .map(|piece| self.line(name, piece, "", Some(0)))
            .collect()
    }

    /// The names, without their prefix and pieces, of the cookies in a jar whose names begin like this.
    pub fn names(&self, jar: &Jar, beginning: &str) -> Vec<String> {
        let first = self.name("", 0);
        let (prefix, piece) = first.split_at(first.len() - "-0".len());
        let names = jar.0.iter().filter_map(|(name, _)| {
            let name = name.strip_prefix(prefix)?.strip_suffix(piece)?;
            name.starts_with(beginning).then(|| name.to_owned())
        });
        names.collect()
    }

    fn name(self, name: &str, piece: usize) -> String {
        let prefix = if self.is_secure { "__Host-" } else { "" };
        format!("{prefix}{name}-{piece}")
    }

    fn line(self, name: &str, piece: usize, value: &str, seconds: Option<i64>) -> String {
        let mut line = format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax",
            self.name(name, piece)
        );
        if self.is_secure {
            line.push_str("; Secure");
        }
        if let Some(seconds) = seconds {
            // Writing to a `String` does not fail.
            write!(line, "; Max-Age={seconds}").ok();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar_of(set: &[String]) -> Jar {
        let pairs: Vec<&str> = set
            .iter()
            .map(|line| line.split(';').next().unwrap())
            .collect();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, pairs.join("; ").parse().unwrap());
        Jar::of(&headers)
    }

    #[test]
    fn cookies_have_the_host_prefix_secure_and_httponly() {
        let set = Cookies::new(true).write("session", "abc", None).unwrap();
        assert_eq!(
            set[0],
            "__Host-session-0=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        let local = Cookies::new(false)
            .write("session", "abc", Some(5))
            .unwrap();
        assert_eq!(
            local[0],
            "session-0=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=5"
        );
    }

    #[test]
    fn long_cookie_values_are_split_and_too_long_ones_are_not_stored() {
        let cookies = Cookies::new(true);
        for length in [1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let value = "v".repeat(length);
            let set = cookies.write("session", &value, None).unwrap();
            assert!(set.iter().all(|line| line.len() < 4_096));
            assert_eq!(cookies.read(&jar_of(&set), "session"), Some(value));
        }
        let too_long = "v".repeat(MOST_PIECES * PIECE + 1);
        assert_eq!(cookies.write("session", &too_long, None), None);
    }

    #[test]
    fn a_short_value_removes_the_second_piece_of_a_long_one() {
        let set = Cookies::new(true).write("session", "abc", None).unwrap();
        assert!(set[1].starts_with("__Host-session-1=;") && set[1].ends_with("Max-Age=0"));
    }

    #[test]
    fn a_cookie_without_the_prefix_is_not_read() {
        let foreign = Cookies::new(false).write("session", "abc", None).unwrap();
        assert_eq!(Cookies::new(true).read(&jar_of(&foreign), "session"), None);
    }
}
