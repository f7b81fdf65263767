/** Tells the user that a long job has ended, where the window is not in front anyway. */
import { Notification } from 'electron';
import type { Notice } from './long-jobs.ts';

export function notify(notice: Notice, onClick: () => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification(notice);
  notification.on('click', onClick);
  notification.show();
}
