//! The command line: `args` in, [`Options`] or what is wrong with them out.

/// What `--help` prints.
pub const USAGE: &str = "\
Usage: command [OPTION]...

Numbers the lines of standard input and writes them to standard output as they arrive.

Options:
  --upper        write letters in upper case
  --plain        do not number the lines
  --repeat N     write every line N times (1 to 1000)
  --tick MS      report progress on standard error every MS milliseconds (0: never; default 500)
  --help         show this text

Environment:
  PREFIX         text in front of every line
";

/// What the command was asked to do.
pub struct Options {
    pub upper: bool,
    pub plain: bool,
    pub repeat: u32,
    /// Milliseconds between two reports; 0 for none.
    pub tick: u64,
}

/// What a command line asks for.
pub enum Request {
    Run(Options),
    Help,
}

/// Reads the arguments after the program's name.
pub fn parse(args: &[String]) -> Result<Request, String> {
    let mut options = Options {
        upper: false,
        plain: false,
        repeat: 1,
        tick: 500,
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--upper" => options.upper = true,
            "--plain" => options.plain = true,
            "--repeat" => options.repeat = number(arg, args.next(), 1..=1000)? as u32,
            "--tick" => options.tick = number(arg, args.next(), 0..=3_600_000)?,
            _ => return Err(format!("unknown argument {arg:?}")),
        }
    }
    Ok(Request::Run(options))
}

fn number(
    option: &str,
    value: Option<&String>,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, String> {
    let value = value.ok_or_else(|| format!("{option} wants a number"))?;
    let wanted = || {
        format!(
            "{option} wants a number from {} to {}",
            range.start(),
            range.end()
        )
    };
    let number = value
        .parse()
        .map_err(|_| format!("{}, not {value:?}", wanted()))?;
    if range.contains(&number) {
        Ok(number)
    } else {
        Err(format!("{}, not {number}", wanted()))
    }
}
