//! Rules of the project that no compiler lint checks.

use std::path::{Path, PathBuf};

use structure_tests::{crates_below, read};
use syn::visit::{self, Visit};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The root files of the released crates, and of the fakes for their tests.
fn roots() -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for folder in ["functions", "shared"] {
        for found in crates_below(&workspace().join(folder)).expect("folders that can be read") {
            let files = ["src/lib.rs", "src/main.rs"].map(|file| found.join(file));
            roots.extend(files.into_iter().filter(|file| file.exists()));
        }
    }
    roots
}

#[test]
fn every_deployed_crate_forbids_todo_and_unwrap() {
    let roots = roots();
    assert!(roots.len() > 20, "{roots:?}");
    let lenient: Vec<&PathBuf> = roots
        .iter()
        .filter(|file| {
            let text = std::fs::read_to_string(file).expect("a file that can be read");
            !text.contains(
                "\n#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]\n",
            )
        })
        .collect();
    assert!(lenient.is_empty(), "{lenient:?}");
}

/// The functions, and the types with `impl` blocks, that have more type parameters than [`MOST`].
#[derive(Default)]
struct TooMany(Vec<String>);

/// The maximum number of type parameters of a function itself, or of an `impl` block.
const MOST: usize = 2;

impl<'ast> Visit<'ast> for TooMany {
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if signature.generics.type_params().count() > MOST {
            self.0.push(format!("fn {}", signature.ident));
        }
        visit::visit_signature(self, signature);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.generics.type_params().count() > MOST {
            self.0.push("impl".to_owned());
        }
        visit::visit_item_impl(self, item);
    }
}

#[test]
fn use_cases_and_handlers_have_at_most_two_type_parameters() {
    let mut folders = vec![workspace().join("shared/domain-auth")];
    folders.extend(crates_below(&workspace().join("functions")).expect("folders that can be read"));
    let mut found = Vec::new();
    let mut files = 0;
    for folder in folders {
        for (path, text) in read(&folder).expect("sources that can be read") {
            files += 1;
            let file = syn::parse_file(&text).expect("sources in Rust");
            let mut too_many = TooMany::default();
            too_many.visit_file(&file);
            let place = path.display();
            found.extend(too_many.0.iter().map(|what| format!("{place}: {what}")));
        }
    }
    assert!(files > 100, "{files}");
    assert!(found.is_empty(), "{found:#?}");
}
