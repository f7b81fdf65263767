/**
 * To be imported before the contract: the page's policy refuses the code that zod generates for its schemas as they are
 * made.
 */
import { z } from 'zod';

z.config({ jitless: true });
