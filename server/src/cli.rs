//! The command line. Every flag has an environment variable, and `--help` says both.

use app::context::Clock;
use app::error::Refusal;
use app::events::model::Retention;
use clap::{Args, Parser, Subcommand};
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// The operator's console of a CAPTCHA service: sites, sitekeys, associated domains, and what broke.
#[derive(Parser)]
#[command(
    name = "sitekeeper",
    version,
    after_help = "Without DATABASE_URL, Sitekeeper makes and supervises a PostgreSQL cluster of its \
own in the data directory. Start with `sitekeeper serve` and open the set-up link it prints."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command needs to know.
#[derive(Args, Clone)]
pub(crate) struct Settings {
    /// PostgreSQL to use
    #[arg(
        help = "PostgreSQL to use, as postgres://user@host/database; without it, a private one is started"
    )]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub(crate) database_url: Option<String>,
    /// Where the private PostgreSQL and its files live
    #[arg(long, env = "SITEKEEPER_DATA_DIR", default_value = "./data", global = true)]
    pub(crate) data_dir: PathBuf,
    /// The address operators open
    #[arg(
        help = "The address operators open, as in https://console.example [default: http:// and the listen address]. \
                Under another name than this, an IP address or localhost, the console refuses to answer"
    )]
    #[arg(long, env = "SITEKEEPER_BASE_URL", global = true)]
    pub(crate) base_url: Option<String>,
    /// The address to listen on
    #[arg(long, env = "SITEKEEPER_LISTEN", default_value = "127.0.0.1:3000", global = true)]
    pub(crate) listen: SocketAddr,
    /// What to log, as in info or sitekeeper=debug,sqlx=warn
    #[arg(long = "log", env = "SITEKEEPER_LOG", value_name = "FILTER", global = true)]
    pub(crate) log_filter: Option<String>,
    /// For tests of what takes long: seconds by which our clock is ahead of the machine's
    #[arg(
        long,
        env = "SITEKEEPER_CLOCK_AHEAD_SECONDS",
        default_value_t = 0,
        hide = true,
        global = true
    )]
    pub(crate) clock_ahead_seconds: u32,
}

impl Settings {
    /// Where the time comes from.
    pub(crate) fn clock(&self) -> Clock {
        let clock = Clock::system();
        match self.clock_ahead_seconds {
            0 => clock,
            seconds => clock.ahead_by(SignedDuration::from_secs(seconds.into())),
        }
    }

    /// What is logged; commands other than `serve` speak up only when something is wrong.
    pub(crate) fn log_filter(&self, serving: bool) -> EnvFilter {
        let default = if serving { "info,sqlx=warn" } else { "warn" };
        EnvFilter::new(self.log_filter.as_deref().unwrap_or(default))
    }

    /// The address operators open, without a trailing slash.
    pub(crate) fn base_url(&self) -> String {
        match &self.base_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the console and the machine API
    Serve(Serve),
    /// Bring the database schema up to date
    Migrate(Printing),
    /// Administrators of the console
    #[command(subcommand)]
    Admin(Admin),
    /// Bearer tokens of the machine API
    #[command(subcommand)]
    Token(TokenCommand),
    /// Sites
    #[command(subcommand)]
    Site(SiteCommand),
    /// Associated domains
    #[command(subcommand)]
    Domain(DomainCommand),
    /// The gate
    #[command(subcommand)]
    Gate(GateCommand),
    /// Print the sites as a file that `apply` takes
    Export(Export),
    /// Make the sites as a file says: what it leaves out of a site stays, a list of domains is the whole list
    Apply(Apply),
    /// Make sites, or add domains to them, from a CSV of names and domains
    Import(Import),
    /// Run an access log's referers through the gate and record the outcomes
    Replay(Replay),
    /// Score how unusual each value of a file is, with the detection that opens incidents
    Detect(Detect),
}

impl Command {
    /// Whether this is the long-running server.
    pub(crate) fn is_serve(&self) -> bool {
        matches!(self, Self::Serve(_))
    }
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Take the client's address from the last entry of X-Forwarded-For: set it only behind a proxy
    #[arg(long, env = "SITEKEEPER_TRUST_FORWARDED_FOR")]
    pub(crate) trust_forwarded_for: bool,
    /// Look for incidents every so many seconds: 1 to 60
    #[arg(
        long = "watch-every-seconds",
        env = "SITEKEEPER_WATCH_EVERY_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(1..=60)
    )]
    pub(crate) watch_every_s: u64,
    #[command(flatten)]
    pub(crate) alerts: Alerts,
    #[command(flatten)]
    pub(crate) retain: Retain,
}

/// By which ways alerts leave.
#[derive(Args)]
pub(crate) struct Alerts {
    /// Mail server for alerts
    #[arg(help = "Mail server for alerts, as in smtps://user:password@mail.example or \
                smtp://user:password@mail.example:587?tls=required")]
    #[arg(long, env = "SITEKEEPER_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) smtp_url: Option<String>,
    /// Sender of alerts by e-mail, as in "Sitekeeper <alerts@company.example>"
    #[arg(long, env = "SITEKEEPER_SMTP_FROM", value_name = "SENDER")]
    pub(crate) smtp_from: Option<String>,
    /// Let webhooks reach private addresses (loopback, 10.0.0.0/8, link-local and the like). Whoever may
    /// sign in can then have the server call them
    #[arg(long, env = "SITEKEEPER_ALLOW_PRIVATE_WEBHOOKS")]
    pub(crate) allow_private_webhooks: bool,
}

/// For how long counts and samples are kept. Counts by the day are kept for ever. Servers of one
/// database share this: what the last one was started with counts for all, and for `replay`.
#[derive(Args)]
pub(crate) struct Retain {
    /// Keep counts by the minute for so many days: 2 to 400
    #[arg(
        long = "retain-minutes-days",
        env = "SITEKEEPER_RETAIN_MINUTES_DAYS",
        value_name = "DAYS",
        default_value_t = Retention::default().minute_days
    )]
    minutes: u16,
    /// Keep counts by the hour for so many days: 15 to 36500, and no fewer than by the minute. Late events
    /// and replayed logs older than this keep their days
    #[arg(
        long = "retain-hours-days",
        env = "SITEKEEPER_RETAIN_HOURS_DAYS",
        value_name = "DAYS",
        default_value_t = Retention::default().hour_days
    )]
    hours: u16,
    /// Keep counts of hosts by the hour for so many days: 8 to 400
    #[arg(
        long = "retain-hosts-days",
        env = "SITEKEEPER_RETAIN_HOSTS_DAYS",
        value_name = "DAYS",
        default_value_t = Retention::default().host_hour_days
    )]
    hosts: u16,
    /// Keep samples of raw events for so many days: 1 to 90
    #[arg(
        long = "retain-samples-days",
        env = "SITEKEEPER_RETAIN_SAMPLES_DAYS",
        value_name = "DAYS",
        default_value_t = Retention::default().sample_days
    )]
    samples: u16,
}

impl Retain {
    /// The retention, if it makes sense.
    pub(crate) fn retention(&self) -> Result<Retention, Refusal> {
        let Self { minutes, hours, hosts, samples } = *self;
        let retention = Retention {
            minute_days: minutes,
            hour_days: hours,
            host_hour_days: hosts,
            sample_days: samples,
        };
        retention.checked()
    }
}

/// How a command prints what it found.
#[derive(Args, Clone, Copy)]
pub(crate) struct Printing {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Add an administrator
    Create {
        /// The address they sign in with
        #[arg(long)]
        email: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        printing: Printing,
    },
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it, once
    Create {
        /// What to call it, as in edge-1
        #[arg(long)]
        name: String,
        /// What it may do: check, events:write, stats:read, sites:read, sites:write
        #[arg(long, value_delimiter = ',', required = true)]
        scope: Vec<app::tokens::model::Scope>,
        /// How long it works: 90d, 12h, or never
        #[arg(long, default_value = "never")]
        expires: String,
        #[command(flatten)]
        printing: Printing,
    },
}

#[derive(Subcommand)]
pub(crate) enum SiteCommand {
    /// List the sites that are not deleted
    List(Printing),
    /// Make a site; prints its id, sitekey and secret
    Create {
        /// What to call it
        #[arg(long)]
        name: String,
        /// An associated domain; may be repeated
        #[arg(long, required = true)]
        domain: Vec<String>,
        /// Let the subdomains of each domain through as well
        #[arg(long)]
        include_subdomains: bool,
        #[command(flatten)]
        printing: Printing,
    },
}

#[derive(Subcommand)]
pub(crate) enum DomainCommand {
    /// Say how a domain would be stored, or why it is refused (exit code 1)
    Explain {
        /// What an operator would type
        pattern: String,
        /// Ask for its subdomains as well
        #[arg(long)]
        include_subdomains: bool,
        #[command(flatten)]
        printing: Printing,
    },
}

#[derive(Subcommand)]
pub(crate) enum GateCommand {
    /// Say what the gate answers to a sitekey and referer, and why
    Explain {
        /// The sitekey a client would send
        #[arg(long)]
        sitekey: String,
        /// The referer a client would send; leave it out for none
        #[arg(long)]
        referer: Option<std::ffi::OsString>,
        #[command(flatten)]
        printing: Printing,
    },
}

#[derive(Args)]
pub(crate) struct Export {
    /// Only the site of this id; may be repeated
    #[arg(long, value_name = "ID")]
    pub(crate) site: Vec<i64>,
}

/// How a plan is carried out and told.
#[derive(Args, Clone, Copy)]
pub(crate) struct Carrying {
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

#[derive(Args)]
pub(crate) struct Apply {
    /// The file, in YAML or JSON; - for standard input
    #[arg(short, long)]
    pub(crate) file: PathBuf,
    /// Delete the sites that the file does not have; they can be restored for 30 days
    #[arg(long)]
    pub(crate) prune: bool,
    #[command(flatten)]
    pub(crate) carrying: Carrying,
}

#[derive(Args)]
pub(crate) struct Import {
    /// A CSV file with a name and its domains on each line; - for standard input. Its header, if it has
    /// one, names the columns name (or site) and domains (or domain, host, hosts); several domains
    /// stand in one cell with spaces or semicolons between them, or on several lines of the same name
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) carrying: Carrying,
}

/// When the replayed requests are said to have happened.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Ending {
    /// The whole log is moved so that its last line is now
    Now,
}

#[derive(Args)]
pub(crate) struct Replay {
    /// An Apache or nginx log in the combined format, plain or gzipped; - for standard input
    pub(crate) log: PathBuf,
    /// The sitekey the requests are said to carry
    #[arg(long)]
    pub(crate) sitekey: String,
    /// Move the log in time
    #[arg(long)]
    pub(crate) ending: Option<Ending>,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

#[derive(Args)]
pub(crate) struct Detect {
    /// A CSV file of timestamp,value; - for standard input. Times are written as in 2026-06-15 14:02:00 (UTC)
    /// or 2026-06-15T14:02:00Z. Prints timestamp,value,score,alarm: the score is 0 to 1, and each value is
    /// judged by what came before it
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: PathBuf,
    #[command(flatten)]
    pub(crate) printing: Printing,
}
