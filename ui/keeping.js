// Keeps what was chosen until the next visit, in a cookie that a page of this address alone reads.

const YEAR = 365 * 24 * 3600;

export default function ({ data }) {
  const { name, settings } = data;
  const value = encodeURIComponent(settings);
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=strict`;
}
