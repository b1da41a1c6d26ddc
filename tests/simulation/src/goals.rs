//! Goals: each is met or missed, and the exit code of the program reports it.

use std::io::{self, Write};

/// The missed goals.
#[derive(Debug, Default)]
pub(crate) struct Goals {
    missed: Vec<String>,
}

impl Goals {
    /// Prints a value, and whether it meets its goal.
    pub(crate) fn reach(
        &mut self,
        out: &mut impl Write,
        goal: &str,
        figure: f64,
        reached: impl FnOnce(f64) -> bool,
    ) -> io::Result<()> {
        let reached = reached(figure);
        let word = if reached { "reached" } else { "MISSED" };
        writeln!(out, "{word}: {goal} ({figure:.2})")?;
        if !reached {
            self.missed.push(goal.to_owned());
        }
        Ok(())
    }

    /// The missed goals.
    pub(crate) fn missed(&self) -> &[String] {
        &self.missed
    }
}
