/** Formats as patterns over the whole string: each is valid, though not all that is valid is produced. */
const MONTH_AND_DAY =
  "(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8])";
const DATE = `\\d{4}-(?:${MONTH_AND_DAY})`;
const TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)";
const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?";
const HOST = `${LABEL}(?:\\.${LABEL}){0,5}`;
const HEX = "[0-9a-fA-F]";
const URI_TAIL = "(?:\\?[a-zA-Z0-9=&._~-]{0,128})?(?:#[a-zA-Z0-9._~-]{0,64})?";
const PATH = "(?:/[a-zA-Z0-9._~-]{0,64}){0,16}";

const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  "date-time": `(?:${DATE})T(?:${TIME})`,
  duration: "P(?:\\d{1,4}Y)?(?:\\d{1,4}M)?\\d{1,4}D(?:T\\d{1,4}H(?:\\d{1,4}M)?(?:\\d{1,4}S)?)?",
  email: `[a-zA-Z0-9_+-]{1,32}(?:\\.[a-zA-Z0-9_+-]{1,16}){0,3}@${LABEL}(?:\\.${LABEL}){1,4}`,
  hostname: HOST,
  ipv4: `${BYTE}(?:\\.${BYTE}){3}`,
  ipv6: `${HEX}{1,4}(?::${HEX}{1,4}){7}`,
  uri: `[a-z][a-z0-9+-]{0,15}://${HOST}(?::[1-9]\\d{0,3})?${PATH}${URI_TAIL}`,
  uuid: `${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}`,
};

/** The pattern of a format; undefined for an unknown format. */
export function formatPattern(name: string): string | undefined {
  return Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
}
