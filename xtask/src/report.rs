//! Opens a report of the trainer in a real browser, chromium: in light and dark, wide, on a phone and on paper.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::system::find;

/// What to open, and where the pictures go.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The report, such as mine.html.
    pub report: PathBuf,
    /// The folder for the pictures.
    #[arg(long, default_value = "out/report")]
    pub out: PathBuf,
    /// The browser; chromium or google-chrome by default.
    #[arg(long)]
    pub browser: Option<PathBuf>,
}

/// Asked of the page once it is loaded; the answer is put where it can be read from outside.
const QUESTIONS: &str = include_str!("report.js");
/// Names of the browser.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// The narrowest window that the browser makes.
const NARROWEST: u32 = 500;
/// The name, width and colours of each picture.
const VIEWS: [(&str, u32, bool); 4] = [
    ("wide-light", 1200, false),
    ("wide-dark", 1200, true),
    ("phone-light", NARROWEST, false),
    ("phone-dark", NARROWEST, true),
];

/// Opens the report in each way. Without a browser, says so and succeeds.
///
/// # Errors
/// If the page has an error, its samples do not play, or it is wider than its window.
pub fn run(options: &Options) -> Result<()> {
    let Some(browser) = options.browser.clone().or_else(|| BROWSERS.iter().find_map(|name| find(name)))
    else {
        eprintln!("SKIPPED: there is no browser ({}), so no report was opened", BROWSERS.join(", "));
        return Ok(());
    };
    std::fs::create_dir_all(&options.out)?;
    let page = std::fs::read_to_string(&options.report)
        .with_context(|| format!("could not read {}", options.report.display()))?;
    let asked = options.out.join("asked.html");
    // Before everything else, so that no error is missed.
    std::fs::write(&asked, page.replacen("<head>", &format!("<head><script>{QUESTIONS}</script>"), 1))?;
    for (name, width, is_dark) in VIEWS {
        let picture = options.out.join(format!("{name}.png"));
        take(&browser, &asked, &[&format!("--screenshot={}", picture.display())], width, is_dark)?;
        let document = take(&browser, &asked, &["--dump-dom"], width, is_dark)?;
        check(&document).with_context(|| format!("{name}, see {}", picture.display()))?;
        println!("{}", picture.display());
    }
    let paper = options.out.join("paper.pdf");
    take(&browser, &options.report, &[&format!("--print-to-pdf={}", paper.display())], 1200, false)?;
    ensure!(paper.is_file(), "nothing was printed");
    println!("{}", paper.display());
    Ok(())
}

/// Opens the page without a window; returns what the browser prints.
fn take(browser: &Path, page: &Path, ask: &[&str], width: u32, is_dark: bool) -> Result<String> {
    let page = std::path::absolute(page)?;
    let mut command = Command::new(browser);
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
    command.args(["--autoplay-policy=no-user-gesture-required", "--virtual-time-budget=3000"]);
    command.arg(format!("--window-size={width},1600"));
    // 0 prefers dark, 1 light.
    command.arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!is_dark)));
    let output = command.args(ask).arg(format!("file://{}", page.display())).output();
    let output = output.with_context(|| format!("{} does not start", browser.display()))?;
    ensure!(output.status.success(), "the browser failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Checks the page's answers.
fn check(document: &str) -> Result<()> {
    let (_, rest) = document.split_once("data-answers=\"").context("the page did not answer")?;
    let answers = rest.split_once('"').context("the answer does not end")?.0.replace("&quot;", "\"");
    let answers: serde_json::Value = serde_json::from_str(&answers)?;
    ensure!(answers["errors"] == serde_json::json!([]), "errors: {}", answers["errors"]);
    ensure!(answers["fits"] == true, "it is wider than its window: {answers}");
    ensure!(answers["plays"] == true, "no sample plays: {answers}");
    ensure!(answers["hovers"] == true, "no chart shows its values: {answers}");
    Ok(())
}
