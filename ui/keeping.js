// Keeps what was chosen until the next visit, in a cookie that a page of this address alone reads.

const YEAR = 365 * 24 * 3600;

export default function ({ data }) {
  const { name, settings } = data;
  // After two quick choices Streamlit may call for the second first, and for the first then; that
  // late call it ends at once, before anything is written.
  const writing = setTimeout(() => {
    document.cookie = `${name}=${encodeURIComponent(settings)}; path=/; max-age=${YEAR}; samesite=strict`;
  });
  return () => clearTimeout(writing);
}
