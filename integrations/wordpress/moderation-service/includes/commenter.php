<?php
/**
 * Whose comment is held sees a link beneath it: what happens now, why, and how to object.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * Add the link for the comment's author, and for nobody else.
 *
 * @param string           $text    The comment as it is shown.
 * @param \WP_Comment|null $comment The comment.
 * @return string
 */
function add_status_link( $text, $comment = null ) {
	if ( is_admin() || is_feed() || ! $comment instanceof \WP_Comment || '0' !== (string) $comment->comment_approved || ! is_by_viewer( $comment ) ) {
		return $text;
	}
	$record = record_of( (int) $comment->comment_ID );
	$link   = $record ? verdict_of( $record ) : array();
	if ( empty( $link['status_url'] ) ) {
		return $text;
	}
	return $text . '<p class="moderation-service-status"><a rel="nofollow" href="' . esc_url( $link['status_url'] ) . '">'
		. esc_html__( 'What happens with this comment, and why', 'moderation-service' ) . '</a></p>';
}

/**
 * Whether the one who looks wrote the comment, as far as WordPress can tell.
 *
 * @param \WP_Comment $comment The comment.
 * @return bool
 */
function is_by_viewer( \WP_Comment $comment ) {
	if ( $comment->user_id ) {
		return get_current_user_id() === (int) $comment->user_id;
	}
	$email = wp_get_unapproved_comment_author_email();
	if ( '' === $email ) {
		$commenter = wp_get_current_commenter();
		$email     = $commenter['comment_author_email'];
	}
	return '' !== $email && $email === $comment->comment_author_email;
}

add_filter( 'comment_text', __NAMESPACE__ . '\\add_status_link', 40, 2 );
