//! Goals: each is reached or missed, and the program says so with its exit code.

use std::io::{self, Write};

/// Which goals were missed.
#[derive(Debug, Default)]
pub(crate) struct Goals {
    missed: Vec<String>,
}

impl Goals {
    /// Prints a figure, and whether it is what it has to be.
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

    /// The missed ones.
    pub(crate) fn missed(&self) -> &[String] {
        &self.missed
    }
}
