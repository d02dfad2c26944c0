export default function SettingsPage(_: { page: string }) {
  return null;
}
