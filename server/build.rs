//! Puts the browser's files into the binary: names the WebAssembly, its JavaScript and the stylesheet by a hash of
//! their content, so that they may be cached for ever, and compresses everything once, here.
//!
//! Reads `target/site`, which `make build` fills (another directory in `SITEKEEPER_SITE`), and `public/`. Writes
//! `$OUT_DIR/assets/{pkg,public}/…`, each file beside its `.br` and `.gz`, and tells the code the names through
//! `SITEKEEPER_PKG_NAME`, `SITEKEEPER_FEW_NAME` and `SITEKEEPER_CSS`; all are empty where `target/site` holds nothing yet.

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Hexadecimal digits of the hash in a file's name: 48 bits tell the builds of one product apart.
const HASH_DIGITS: usize = 12;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    let site = env::var_os("SITEKEEPER_SITE")
        .map_or_else(|| root.join("target/site"), |site| root.join(site));
    let public = root.join("public");
    let assets = Path::new(&env::var("OUT_DIR")?).join("assets");
    // Cargo runs a build script again and again while a path it watches is missing.
    fs::create_dir_all(&site)?;
    println!("cargo::rerun-if-env-changed=SITEKEEPER_SITE");
    println!("cargo::rerun-if-changed={}", site.display());
    println!("cargo::rerun-if-changed={}", public.display());
    println!("cargo::rerun-if-changed=build.rs");

    if assets.exists() {
        fs::remove_dir_all(&assets)?;
    }
    // The best compression takes seconds: a release has them, an edit in `make dev` does not.
    let output = if env::var("PROFILE")? == "release" {
        Output { brotli: 11, gzip: Compression::best() }
    } else {
        Output { brotli: 3, gzip: Compression::fast() }
    };
    output.write_public(&public, &assets.join("public"))?;
    let [package, few, stylesheet] = output.write_package(&site, &assets.join("pkg"))?;
    println!("cargo::rustc-env=SITEKEEPER_PKG_NAME={package}");
    println!("cargo::rustc-env=SITEKEEPER_FEW_NAME={few}");
    println!("cargo::rustc-env=SITEKEEPER_CSS={stylesheet}");
    Ok(())
}

/// How hard files are compressed.
struct Output {
    /// Quality, 0 to 11.
    brotli: i32,
    gzip: Compression,
}

impl Output {
    /// Copies `public/` as it is; it is flat.
    fn write_public(&self, public: &Path, into: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(into)?;
        for entry in fs::read_dir(public)? {
            let path = entry?.path();
            let name = path.file_name().ok_or("an entry of public/ has no name")?;
            self.write(&into.join(name), &read(&path)?)?;
        }
        Ok(())
    }

    /// Writes WebAssembly, JavaScript and the stylesheet under hashed names. Answers the names of the package with all
    /// islands, of the one with few (which is the same where it was not built), and of the stylesheet.
    fn write_package(&self, site: &Path, into: &Path) -> Result<[String; 3], Box<dyn Error>> {
        fs::create_dir_all(into)?;
        let css = site.join("sitekeeper.css");
        let package = self.write_islands(site, "sitekeeper", into)?;
        let (Some(package), true) = (package, css.exists()) else {
            return Ok(<[String; 3]>::default());
        };
        if site.join("snippets").exists() {
            return Err("wasm-bindgen wrote snippets/, whose files have no hash in their names: \
                        keep inline JavaScript out of the islands, or teach server/build.rs"
                .into());
        }
        let few = self.write_islands(site, "sitekeeper_few", into)?;
        let few = few.unwrap_or_else(|| package.clone());
        let css = read(&css)?;
        let stylesheet = format!("sitekeeper-{}.css", hash(&[&css]));
        self.write(&into.join(&stylesheet), &css)?;
        Ok([package, few, stylesheet])
    }

    /// Writes WebAssembly and its JavaScript. The two share a name, which is answered, as Leptos loads `<package>.js`
    /// and `<package>_bg.wasm`.
    fn write_islands(
        &self,
        site: &Path,
        name: &str,
        into: &Path,
    ) -> Result<Option<String>, Box<dyn Error>> {
        let [js, wasm] = [".js", "_bg.wasm"].map(|end| site.join(format!("{name}{end}")));
        if !(js.exists() && wasm.exists()) {
            return Ok(None);
        }
        let (js, wasm) = (read(&js)?, read(&wasm)?);
        let package = format!("sitekeeper-{}", hash(&[&js, &wasm]));
        self.write(&into.join(format!("{package}.js")), &js)?;
        self.write(&into.join(format!("{package}_bg.wasm")), &wasm)?;
        Ok(Some(package))
    }

    /// Writes a file and those of its compressed variants that are smaller.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        fs::write(path, content)?;
        for (suffix, compressed) in [(".br", self.brotli(content)?), (".gz", self.gzip(content)?)] {
            if compressed.len() < content.len() {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                fs::write(PathBuf::from(name), compressed)?;
            }
        }
        Ok(())
    }

    fn brotli(&self, content: &[u8]) -> io::Result<Vec<u8>> {
        let mut compressed = Vec::new();
        let params = BrotliEncoderParams { quality: self.brotli, ..Default::default() };
        brotli::BrotliCompress(&mut &*content, &mut compressed, &params)?;
        Ok(compressed)
    }

    fn gzip(&self, content: &[u8]) -> io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), self.gzip);
        encoder.write_all(content)?;
        encoder.finish()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()).into())
}

fn hash(contents: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for content in contents {
        // The lengths keep two files apart from the same bytes divided elsewhere.
        hasher.update((content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    let mut digits = format!("{:x}", hasher.finalize());
    digits.truncate(HASH_DIGITS);
    digits
}
