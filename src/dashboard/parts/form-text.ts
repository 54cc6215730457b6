/** What was written into a form's field, without space around it; empty when nothing was. */
export function formText(event: SubmitEvent, name: string): string {
  const value = new FormData(event.currentTarget as HTMLFormElement).get(name);
  return typeof value === "string" ? value.trim() : "";
}
