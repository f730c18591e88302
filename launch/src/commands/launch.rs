//! `equus launch`.

use std::env;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use console::style;

use super::daemon;
use super::start::{Serving, start};
use crate::cli::{DescriptorArgs, LaunchArgs};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::files::Folders;
use crate::place;
use crate::program::{self, Environment, Observer};
use crate::progress::Step;
use crate::protocol::{LaunchRequest, Placement, Standing};
use crate::rdc;

/// Launches a program and serves it to its end; answers its exit code.
pub fn launch(socket: &Path, args: &LaunchArgs) -> Result<u8, Failure> {
    let file = fs::read(&args.program).map_err(Failure::file("read", &args.program))?;
    let name = args.program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // What is wrong with the program or the folders is said before anything is started.
    rdc::read(&args.program.to_string_lossy(), &file)?;
    let environment = environment(args)?;
    let connection = match Connection::open(socket) {
        Err(Failure::NotUp(_)) => private_pool(args)?,
        connection => connection?,
    };
    let request =
        LaunchRequest { name, file, placement: placement(args), standing: standing(args) };
    let mut observer = Terminal { verbose: args.verbose };
    let code = program::run(connection, request, environment, &mut observer)?;
    Ok(code as u8)
}

/// Starts a pool that lives as long as the connection to it.
fn private_pool(args: &LaunchArgs) -> Result<Connection, Failure> {
    let files = DescriptorArgs::default();
    let (_, nodes) = daemon::plan(&args.pool, &files)?.roster.count();
    let image = place::image(args.pool.image.as_deref())?;
    let pool = crate::cli::PoolArgs { image: Some(image), ..args.pool.clone() };
    let (ours, theirs) = UnixStream::pair().map_err(Failure::system("make a connection"))?;
    let step = Step::start(format!("a pool of {nodes} nodes"));
    start(Serving::Private(theirs), &pool, &files, step)?;
    Connection::greet(ours)
}

fn placement(args: &LaunchArgs) -> Placement {
    match args.pool.nodes {
        _ if !args.on.is_empty() => Placement::Named(args.on.clone()),
        Some(count) => Placement::Count(count),
        None => Placement::All,
    }
}

fn standing(args: &LaunchArgs) -> Standing {
    if args.system { Standing::System } else { Standing::User }
}

fn environment(args: &LaunchArgs) -> Result<Environment, Failure> {
    let folders = Folders::open(&args.folders)
        .map_err(|(path, error)| Failure::file("open the folder", path)(error))?;
    let variables = args.variables.iter().filter_map(|variable| match variable.split_once('=') {
        Some(_) => Some(variable.clone()),
        // One that is not set here is not set there either.
        None => Some(format!("{variable}={}", env::var(variable).ok()?)),
    });
    Ok(Environment { arguments: args.arguments.clone(), variables: variables.collect(), folders })
}

/// Tells the user on standard error.
struct Terminal {
    verbose: bool,
}

impl Observer for Terminal {
    fn launched(&mut self, rdc: u32, nodes: &[String]) {
        if self.verbose {
            let text = format!("RDC {rdc} runs on {}", nodes.join(", "));
            eprintln!("{}", style(text).for_stderr().dim());
        }
    }

    fn notice(&mut self, text: &str) {
        eprintln!("{} {text}", style("equus:").for_stderr().yellow());
    }
}
