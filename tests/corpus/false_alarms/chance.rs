//! Random choices from a seed.

use fastrand::Rng;

/// A source of random choices.
pub(crate) struct Chance(Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// True with a probability of one in `times`.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        self.0.u32(0..times) == 0
    }

    /// A number up to this one.
    pub(crate) fn up_to(&mut self, most: usize) -> usize {
        self.0.usize(0..=most)
    }

    pub(crate) fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.0.usize(0..all.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        self.0.shuffle(all);
    }

    /// Printable text of this length.
    pub(crate) fn text(&mut self, length: usize) -> String {
        let letters = std::iter::repeat_with(|| self.0.alphanumeric());
        letters.take(length).collect()
    }

    /// The name with some letters in upper case: names are case-insensitive.
    pub(crate) fn case(&mut self, name: &str) -> String {
        if !self.once_in(4) {
            return name.to_owned();
        }
        let letters = name.chars();
        letters
            .map(|letter| {
                if self.0.bool() {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            })
            .collect()
    }

    /// The value of a TXT record in a zone file: as one string, or as several that are joined
    /// without separators.
    pub(crate) fn strings(&mut self, text: &str) -> String {
        let mut strings = Vec::new();
        let mut rest = text;
        let in_pieces = self.once_in(3);
        while !rest.is_empty() {
            let most = rest.len().min(255);
            let length = if in_pieces {
                1 + self.up_to(most - 1)
            } else {
                most
            };
            let (string, after) = rest.split_at(length);
            strings.push(format!(
                "\"{}\"",
                string.replace('\\', "\\\\").replace('"', "\\\"")
            ));
            rest = after;
        }
        if strings.is_empty() || self.once_in(20) {
            strings.push("\"\"".to_owned());
        }
        strings.join(" ")
    }
}
