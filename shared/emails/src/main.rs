//! Writes every email with sample data to a folder: `cargo run --bin email-previews -- FOLDER`.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or("name the folder for the emails")?;
    std::fs::create_dir_all(&folder)?;
    for file in domain_auth_emails::preview()? {
        std::fs::write(folder.join(file.name), file.body)?;
    }
    Ok(())
}
